"""Further measures of fairness: the four-fifths rule, those of AIF360, and whether AIF360 and Fairlearn agree."""
