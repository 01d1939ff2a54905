"""What is published, as its users get it, and the workflows that publish it."""
