"""What came from outside runs in a child process with limits."""
