# Targets are added as the program grows.
