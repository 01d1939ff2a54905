"""From what a real cluster answered to scenarios. Pure: answers and their times go in, models come out."""
