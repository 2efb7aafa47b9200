"""`python -m bench`: measures the product against the stand-ins and compares with what it is to reach.

The product and the model's stand-in are processes of their own, those of Slack and Discord run in this one.
All times are of CLOCK_MONOTONIC, which
processes of one machine share, and are taken where the stand-ins see a thing happen.
"""
