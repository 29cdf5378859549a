"""People of an LDAP directory, Active Directory among them."""

from identity.ldap.backend import Ldap

__all__ = ["Ldap"]
