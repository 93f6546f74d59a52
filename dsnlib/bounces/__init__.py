"""Any bounce -> events: who failed, why, whose fault it was, and which mail it was."""
