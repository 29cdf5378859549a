"""Tests of behaviour through public surfaces; the folders mirror the packages."""
