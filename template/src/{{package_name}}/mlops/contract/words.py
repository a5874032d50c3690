"""Words that stand for booleans in data, in lower case; without Arrow, for the service reads them too."""

TRUE = ("true", "1", "1.0", "t", "yes", "y")
FALSE = ("false", "0", "0.0", "f", "no", "n")
