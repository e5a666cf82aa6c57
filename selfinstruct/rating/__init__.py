"""How people rate what a run made: frozen sheets, a file for each rater, and how far raters agree."""
