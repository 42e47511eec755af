"""The fast lane: hot addresses answered without Django's request cycle (ADR 0017).

door.py     looks at a request, asks its address, sends the answer, or hands it over
dress.py    the headers that DRF and the middleware would put on an answer
routes.py   which addresses are hot, and who answers them
"""
