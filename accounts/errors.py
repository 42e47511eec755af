"""What may go wrong with people.

Refused
  WeakPassword      the password breaks a rule; `detail` names which
Conflict
  EmailTaken        somebody registered this address before
"""

from kernel.errors import Conflict, Refused


class WeakPassword(Refused):
    code = "weak_password"
    title = "The password is too weak."


class EmailTaken(Conflict):
    code = "email_taken"
    title = "There is an account for this e-mail address already."
