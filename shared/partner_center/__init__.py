"""Partner Center's REST API, as much of it as the job needs."""
