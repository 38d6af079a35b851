#!/usr/bin/env bash
# BrokerDesk.app -> disk image, with the means of macOS alone. NOT YET RUN by us: there was no Mac.
#
#   packaging/macos/dmg.sh dist/BrokerDesk.app dist/BrokerDesk-0.1.0-arm64.dmg
#
# Signed and notarised where the environment has what that needs, else clearly unsigned:
#   MACOS_SIGN_IDENTITY                 "Developer ID Application: …", in an unlocked keychain
#   MACOS_NOTARY_KEY_FILE, _KEY_ID, _ISSUER   an App Store Connect key for notarytool
set -euo pipefail

app=$1 image=$2
here=$(cd "$(dirname "$0")" && pwd)
identity=${MACOS_SIGN_IDENTITY:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ -n $identity ]]; then
    # PyInstaller has signed each file inside; the shell around them is signed last.
    codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
        --sign "$identity" "$app"
    codesign --verify --deep --strict --verbose=2 "$app"
    # Trying the rights that the hardened runtime leaves: what it forbids shows here.
    QT_QPA_PLATFORM=offscreen "$app/Contents/MacOS/brokerdesk" self-test
else
    echo "UNSIGNED: MACOS_SIGN_IDENTITY is not set. macOS will warn of this program." >&2
    codesign --force --sign - "$app" # processors of Apple run nothing without a seal of its own
fi

mkdir "$work/image"
ditto "$app" "$work/image/$(basename "$app")"
ln -s /Applications "$work/image/Applications"
cp "$here/../../LICENSE" "$work/image/LICENSE.txt"
hdiutil create -volname BrokerDesk -srcfolder "$work/image" -fs HFS+ -format UDZO -ov "$image"

if [[ -n $identity ]]; then
    codesign --force --timestamp --sign "$identity" "$image"
fi
if [[ -n $identity && -n ${MACOS_NOTARY_KEY_FILE:-} ]]; then
    xcrun notarytool submit "$image" --wait --timeout 30m \
        --key "$MACOS_NOTARY_KEY_FILE" --key-id "$MACOS_NOTARY_KEY_ID" \
        --issuer "$MACOS_NOTARY_ISSUER"
    xcrun stapler staple "$image"
    xcrun stapler validate "$image"
    spctl --assess --type open --context context:primary-signature --verbose "$image"
elif [[ -n $identity ]]; then
    echo "NOT NOTARISED: MACOS_NOTARY_KEY_FILE is not set. macOS will warn of this program." >&2
fi
hdiutil verify "$image"
