"""What people decided becomes the next model: train, certify, promote. Begin at `run`."""
