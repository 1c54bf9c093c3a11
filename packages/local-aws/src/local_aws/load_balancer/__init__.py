"""The load balancer: serves the ALBs of one account on loopback ports.

The way of a request: ``listener_server`` accepts a connection, ``request_reader`` reads requests
from its bytes, ``request_handler`` applies web ACL and rules and invokes the function, ``response``
encodes the response. ``data_plane`` follows the configuration and opens and closes listeners.
"""
