"""Control plane: moto's AWS in a process, with snapshots, invocations and patches.

``python -m local_aws.control_plane --port 4747 --snapshots DIR`` starts it. A request passes
``server`` (granian), ``http`` (ASGI), ``service`` (endpoints of ours), then ``moto_http`` (moto,
one request at a time) or ``invocations`` (functions, in a registered runtime of ``runtimes``).
``patches`` lists our changes to moto; their code is in ``extensions``.
"""
