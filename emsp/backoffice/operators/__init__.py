"""Pages about operators and their sites: overview, scorecard, map. They join what several apps know."""
