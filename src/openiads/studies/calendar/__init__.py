"""The calendar: days instead of seconds. A path through postures and events, and what has been learned by when."""
