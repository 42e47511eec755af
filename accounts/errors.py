"""What may go wrong with people.

NotAuthenticated    the caller did not say who they are (HTTP 401)
  WrongCredentials    e-mail address or password; never which of them
  InvalidToken        not ours, expired, or used up
Forbidden
  OtpNeeded           this takes a token that was made with a one-time password
Refused
  WeakPassword        the password breaks a rule; `detail` names which
Conflict
  EmailTaken          somebody registered this address before
"""

from kernel.errors import Conflict, ExchangeError, Forbidden, Refused


class NotAuthenticated(ExchangeError):
    code = "not_authenticated"
    title = "Say who you are: a bearer token or a session."


class WrongCredentials(NotAuthenticated):
    code = "wrong_credentials"
    title = "The e-mail address or the password is wrong."


class InvalidToken(NotAuthenticated):
    code = "invalid_token"
    title = "The token is not valid: it expired, was used up or was never ours."


class OtpNeeded(Forbidden):
    code = "otp_needed"
    title = "This takes a token that was made with a one-time password: log in with `otp`."


class WeakPassword(Refused):
    code = "weak_password"
    title = "The password is too weak."


class EmailTaken(Conflict):
    code = "email_taken"
    title = "There is an account for this e-mail address already."
