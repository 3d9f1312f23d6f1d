"""Before the workshop can run: an interpreter that has what requirements.txt pins. Standard library only."""
