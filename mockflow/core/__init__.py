"""The pure core: scenario models, timelines and snapshots. No I/O, no clock, no HTTP."""
