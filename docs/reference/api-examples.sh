#!/bin/sh
# The ten documented calls, in the order in which a newcomer makes them on a new server. Paste them one at a time.
#
#   YOUR_ACCESS_TOKEN    what /login answered as "token"; it holds for 7 days
#   YOUR_REFRESH_TOKEN   the claim "refresh_token" inside of it
#   YOUR_RESET_TOKEN     the end of the link in the mail; without a mail server the mail is a file in instance/outbox
#
# A test runs this file against a server, with nothing replaced but host, tokens and passwords.

# What server is this, and does it take new accounts?
# {"registration_enabled":"1","version":"0.1.0"}
curl "http://127.0.0.1:42069/api/v1/serverinfo"

# Create an account; the first one of a server is its administrator's.
# {"message":"User created succesfully. You may now login"}
curl -X POST "http://127.0.0.1:42069/api/v1/register" \
  -H "Content-Type: application/json" \
  -d '{"email": "ada@example.org", "username": "ada", "password": "correct horse battery staple"}'

# Sign in, with the username or the e-mail address.
# {"token":"eyJhbGciOiJIUzUxMiIs…"}
curl -X POST "http://127.0.0.1:42069/api/v1/login" \
  -H "Content-Type: application/json" \
  -d '{"username": "ada", "password": "correct horse battery staple"}'

# Administrators: read the settings, those of the plugins among them.
# {"DEFAULT_TIMEZONE":"UTC","JELLYFIN_ENABLED":true,"MULTISCROBBLER_ENABLED":true,"REGISTRATION_ENABLED":true}
curl "http://127.0.0.1:42069/api/v1/config" \
  -H "Authorization: Bearer YOUR_ACCESS_TOKEN"

# Administrators: change some of them, all or nothing.
# {"message":"Config updated successfully"}
curl -X POST "http://127.0.0.1:42069/api/v1/config" \
  -H "Authorization: Bearer YOUR_ACCESS_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"REGISTRATION_ENABLED": true}'

# A play, now, as Jellyfin's webhook tells it. Players better use an API token, see POST /api/v1/user/tokens.
# {"message":"success"}
curl -X POST "http://127.0.0.1:42069/api/v1/ingress/jellyfin" \
  -H "Authorization: Bearer YOUR_ACCESS_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"Name": "Halleluhwah", "Artist": "Can", "Album": "Tago Mago", "ItemType": "Audio", "RunTime": "00:18:28"}'

# A play at a time of your own: PlayedAt in Unix seconds, Duration in seconds.
# {"message":"success"}
curl -X POST "http://127.0.0.1:42069/api/v1/ingress/multiscrobbler" \
  -H "Authorization: Bearer YOUR_ACCESS_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"Track": "T", "Album": "A", "Artist": ["B", "C"], "PlayedAt": 1640397719, "Duration": 215}'

# A new access token for an old one; a refresh token is good once.
# {"token":"eyJhbGciOiJIUzUxMiIs…"}
curl -X POST "http://127.0.0.1:42069/api/v1/refresh" \
  -H "Content-Type: application/json" \
  -d '{"token": "YOUR_REFRESH_TOKEN"}'

# Forgot the password? The answer is the same for an address that nobody has.
# {"message":"Password reset email sent"}
curl -X POST "http://127.0.0.1:42069/api/v1/sendreset" \
  -H "Content-Type: application/json" \
  -d '{"email": "ada@example.org"}'

# Choose a new one, once, within the hour; it signs out everywhere.
# {"message":"Password updated successfully!"}
curl -X POST "http://127.0.0.1:42069/api/v1/resetpassword" \
  -H "Content-Type: application/json" \
  -d '{"token": "YOUR_RESET_TOKEN", "password": "another horse, another staple"}'
