"""The control plane: moto's AWS in its own process, with what moto's HTTP lacks.

Run it with ``python -m local_aws.control_plane --port 4747 --snapshots DIR``. A request
travels ``server`` (granian) → ``http`` (values) → ``service`` (what we answer ourselves) →
``moto_http`` (moto's WSGI application, one request at a time), or ``invocations`` for a function,
which runs where ``runtimes`` says.
"""
