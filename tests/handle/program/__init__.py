"""A program under test: it polls every 5 s and gives up after 10 minutes, in every way to import time and asyncio."""
