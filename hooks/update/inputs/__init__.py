"""What the project and the user say: answers, paths to keep, the name of the package."""
