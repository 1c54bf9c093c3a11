"""What a VPC lets through: the mistakes of networks that AWS answers with silence.

model.py      security groups, route tables and network ACLs as values
reader.py     the EC2 API's answers as that model
clients.py    whether clients reach a load balancer
documents.py  whether a function reaches S3

Deciding is pure; each decision is None, or a sentence that names what is missing and where.
"""
