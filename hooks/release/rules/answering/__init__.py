"""Rules about questions and answers: what a project has stored stays what it is."""
