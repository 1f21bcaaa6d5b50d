"""Stations in place of one that fell out. Apart from bap_format, since it reads the database."""

from django import template

from beckn.bap import nearby

register = template.Library()
register.simple_tag(nearby.alternatives)
