"""What the use cases need from the world. AWS adapters are in ``sesguard.aws``; tests have twins in memory."""
