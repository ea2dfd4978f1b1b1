"""Speed and scale of the job, against the tutorial way of doing the same."""
