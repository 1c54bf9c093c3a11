"""IAM policies, as a pure core: who asks for what, under which circumstances, and may he.

policy       documents and their statements: what a policy says of a request
principal    who asks, and the names that a policy may know him by
conditions   operators over the circumstances of a request; variables in a policy's values
decision     several policies together: the answer, and whose it is
"""
