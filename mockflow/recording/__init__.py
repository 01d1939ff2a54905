"""Turns the recorded responses of a real cluster into scenarios. Pure: responses and times go in, models come out."""
