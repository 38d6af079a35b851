#!/usr/bin/env bash
# On a runner with macOS: puts the signing certificate into a keychain of its own and tells the later
# steps its name. Without one it says so and changes nothing. NOT YET RUN by us: there was no Mac.
#
#   CERTIFICATE, PASSWORD   base64 of a .p12 with "Developer ID Application", and its password
#   NOTARY_KEY              content of an App Store Connect key (.p8), optional
set -euo pipefail

if [[ -z "${CERTIFICATE:-}" ]]; then
    echo "::warning::MACOS_CERTIFICATE is not set: the program for macOS stays unsigned."
    exit 0
fi
keychain=$RUNNER_TEMP/release.keychain-db
word=$(openssl rand -hex 24)
umask 077
base64 --decode <<<"$CERTIFICATE" >"$RUNNER_TEMP/certificate.p12"
security create-keychain -p "$word" "$keychain"
security set-keychain-settings -lut 7200 "$keychain"
security unlock-keychain -p "$word" "$keychain"
security import "$RUNNER_TEMP/certificate.p12" -k "$keychain" -P "$PASSWORD" -T /usr/bin/codesign
rm -f "$RUNNER_TEMP/certificate.p12"
security set-key-partition-list -S apple-tool:,apple: -s -k "$word" "$keychain" >/dev/null
security list-keychains -d user -s "$keychain" login.keychain-db
identity=$(security find-identity -v -p codesigning "$keychain" |
    sed -n 's/.*"\(Developer ID Application: .*\)"/\1/p' | head -n 1)
if [[ -z "$identity" ]]; then
    echo "::error::MACOS_CERTIFICATE holds no Developer ID Application."
    exit 1
fi
echo "MACOS_SIGN_IDENTITY=$identity" >>"$GITHUB_ENV"
if [[ -n "${NOTARY_KEY:-}" ]]; then
    printf '%s' "$NOTARY_KEY" >"$RUNNER_TEMP/notary.p8"
    echo "MACOS_NOTARY_KEY_FILE=$RUNNER_TEMP/notary.p8" >>"$GITHUB_ENV"
fi
