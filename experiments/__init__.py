"""Studies of the questions the simulator is for, found by name as `pathways.experiments`."""
