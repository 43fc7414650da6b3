"""What can flow where in a posture: reach, minimum cuts, guards by what they protect, chances."""
