"""A read-only REST API that serves JSON documents from S3.

app.py       routes, and what each of them answers
message.py   the load balancer's event and the answer to it
problem.py   every error a client can meet
storage.py   the documents in S3
log.py       one line of JSON for each request
"""
