; A STAND-IN for the program, where the real one cannot be built: it lets the installer be tried on
; another system. It says what it is, and with /HOLD stays for half a minute, as a program that runs.
Unicode true
Target amd64-unicode
SetCompressor lzma
RequestExecutionLevel user
SilentInstall silent
Name "BrokerDesk stand-in"
OutFile "${OUTPUT}"
Icon "${ICON}"
!include LogicLib.nsh
!include FileFunc.nsh

Section
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/HOLD" $R1
  ${IfNot} ${Errors}
    Sleep 30000
  ${Else}
    MessageBox MB_OK "This is a stand-in for BrokerDesk, made to try its installer." /SD IDOK
  ${EndIf}
SectionEnd
