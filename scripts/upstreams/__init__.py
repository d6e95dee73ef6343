"""Servers that the client of HTTP is tested and measured with: nginx, a streaming one, a proxy, and an authority."""
