"""The parts of run.py, which compares fovea with other libraries."""
