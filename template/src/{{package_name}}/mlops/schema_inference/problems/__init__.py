"""What kind of problem a target makes: classes, counts, amounts."""
