"""The job's speed and scale, compared with tutorial code for the same task."""
