# Signs the files named, where the environment has a certificate, else says clearly that they are
# not. NOT YET RUN by us: there was no certificate.
#
#   WINDOWS_SIGN_PFX        the certificate with its key, base64
#   WINDOWS_SIGN_PASSWORD   its password
param([Parameter(Mandatory, ValueFromRemainingArguments)][string[]] $Files)
$ErrorActionPreference = "Stop"

if (-not $env:WINDOWS_SIGN_PFX) {
    [Console]::Error.WriteLine("UNSIGNED: WINDOWS_SIGN_PFX is not set. Windows will warn of this program.")
    exit 0
}
$pfx = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName() + ".pfx")
try {
    [IO.File]::WriteAllBytes($pfx, [Convert]::FromBase64String($env:WINDOWS_SIGN_PFX))
    $kits = Join-Path ${env:ProgramFiles(x86)} "Windows Kits\10\bin\*\x64\signtool.exe"
    $signtool = (Get-ChildItem $kits | Sort-Object FullName | Select-Object -Last 1).FullName
    & $signtool sign /fd SHA256 /td SHA256 /tr "http://timestamp.digicert.com" `
        /f $pfx /p $env:WINDOWS_SIGN_PASSWORD @Files
    if ($LASTEXITCODE) { exit $LASTEXITCODE }
    & $signtool verify /pa @Files
    exit $LASTEXITCODE
} finally {
    Remove-Item -Force -ErrorAction SilentlyContinue $pfx
}
