"""How far the comparison of postures holds over the parameter box."""
