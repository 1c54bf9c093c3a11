"""Additions and corrections to moto, one folder for each service and one module for each subject.

``local_aws.control_plane.patches`` lists the functions that take the place of moto's, or wrap them.
State is kept in moto's objects, so accounts, Regions, snapshots and resets hold for it too.
"""
