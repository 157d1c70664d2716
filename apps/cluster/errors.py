"""The refusals of the embedded cluster."""


class ClusterError(Exception):
    """Something stands in the way; the text says what to do. No data was touched."""
