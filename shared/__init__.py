"""The job itself: read the balance of a Partner Center account and append it to the history, once a day."""
