; The installer for Windows: per user, no administrator. Compiled by `dev.py package`, which passes
;   VERSION FOUR_NUMBERS NAME PUBLISHER SUMMARY   what is installed
;   OUTPUT ICON                                   where the installer goes, the icon
;   FILES                                         a list made of the payload: what to add and remove
;
;   setup.exe [/S] [/D=C:\place]        /S asks nothing; /D must come last, without quotation marks
;   uninstall.exe [/S] [/DELETEDATA]    data stays unless asked for
;
; Ends with 0 when done, 1 when cancelled, 2 when it failed, 3 when the program still runs.
; Only files of the list are removed, so that a directory the user chose keeps what else is in it.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WinVer.nsh
!include Sections.nsh

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\BrokerDesk"
!define STILL_RUNS "BrokerDesk is running. Close its windows, then try again. Nothing was changed."
!define ENDED_RUNNING 3

Name "${NAME}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\BrokerDesk"
InstallDirRegKey HKCU "Software\BrokerDesk" "InstallDir"
BrandingText "${NAME} ${VERSION}"
ShowInstDetails hide
ShowUninstDetails hide

VIProductVersion "${FOUR_NUMBERS}"
VIFileVersion "${FOUR_NUMBERS}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${NAME} installer"
VIAddVersionKey "CompanyName" "${PUBLISHER}"
VIAddVersionKey "LegalCopyright" "${PUBLISHER}. MIT licence."

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TEXT "This installs ${NAME} ${VERSION} for you alone; no administrator is needed.$\r$\n$\r$\nAccounts and figures that an earlier version kept stay as they are."
!define MUI_FINISHPAGE_RUN "$INSTDIR\brokerdesk-gui.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Open ${NAME}"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!define MUI_COMPONENTSPAGE_NODESC
!define MUI_COMPONENTSPAGE_TEXT_TOP "Saved accounts, figures and the log stay on this computer unless you choose otherwise."
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!include "path.nsh"
!include "${FILES}" ; ADD_FILES, REMOVE_FILES, KILOBYTES

; -- whether the program runs: Windows lets nobody write to a program that does --------------------
!macro RefuseWhileRunning UN
Function ${UN}IsFree ; name of a program on the stack -> 1 or 0
  Exch $0
  ${If} ${FileExists} "$INSTDIR\$0"
    ClearErrors
    FileOpen $1 "$INSTDIR\$0" a
    ${If} ${Errors}
      StrCpy $0 0
    ${Else}
      FileClose $1
      StrCpy $0 1
    ${EndIf}
  ${Else}
    StrCpy $0 1
  ${EndIf}
  Exch $0
FunctionEnd

Function ${UN}RefuseWhileRunning
again:
  Push "brokerdesk.exe"
  Call ${UN}IsFree
  Pop $2
  Push "brokerdesk-gui.exe"
  Call ${UN}IsFree
  Pop $3
  ${If} $2 == 0
  ${OrIf} $3 == 0
    Push "${STILL_RUNS}"
    Call ${UN}Tell
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${STILL_RUNS}" /SD IDCANCEL IDRETRY again
    SetErrorLevel ${ENDED_RUNNING}
    Quit
  ${EndIf}
FunctionEnd

Function ${UN}Tell ; text on the stack, to whoever reads a silent run's output
  Exch $0
  ${If} ${Silent}
    System::Call 'kernel32::AttachConsole(i -1)'
    System::Call 'kernel32::GetStdHandle(i -11) p .r1'
    ${If} $1 P<> 0
    ${AndIf} $1 P<> -1
      FileWrite $1 "$0$\r$\n"
    ${EndIf}
  ${EndIf}
  Pop $0
FunctionEnd
!macroend
!insertmacro RefuseWhileRunning ""
!insertmacro RefuseWhileRunning "un."

; -- installing ------------------------------------------------------------------------------------
Function .onInit
  SetShellVarContext current
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "${NAME} needs Windows 10 or newer." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section "-Program"
  Call RefuseWhileRunning
  ; An older version goes first, with its own list of what it had brought along.
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    ExecWait '"$INSTDIR\uninstall.exe" /S /UPGRADE _?=$INSTDIR' $0
    ${If} $0 <> 0
      Push "The installed version could not be removed ($0)."
      Call Tell
      MessageBox MB_OK|MB_ICONSTOP "The installed version could not be removed ($0). Uninstall it under Settings, Apps, then try again." /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
    Delete "$INSTDIR\uninstall.exe"
  ${EndIf}

  ClearErrors
  !insertmacro ADD_FILES
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    Push "The files could not be written to $INSTDIR."
    Call Tell
    MessageBox MB_OK|MB_ICONSTOP "The files could not be written to $INSTDIR." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}

  CreateShortcut "$SMPROGRAMS\BrokerDesk.lnk" "$INSTDIR\brokerdesk-gui.exe" "" "$INSTDIR\brokerdesk-gui.exe" 0 SW_SHOWNORMAL "" "${SUMMARY}"
  WriteRegStr HKCU "Software\BrokerDesk" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\brokerdesk-gui.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ; One written before is taken out first: a changed directory leaves none behind.
  Call TakeFromPath
  Call PutOnPath
SectionEnd

; -- removing --------------------------------------------------------------------------------------
Section "un.${NAME}" un_program
  SectionIn RO
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/UPGRADE" $R1
  ${If} ${Errors} ; a newer version that follows keeps them
    Call un.TakeFromPath
    Delete "$SMPROGRAMS\BrokerDesk.lnk"
    DeleteRegKey HKCU "${UNINSTALL_KEY}"
    DeleteRegValue HKCU "Software\BrokerDesk" "InstallDir"
    DeleteRegKey /ifempty HKCU "Software\BrokerDesk"
  ${EndIf}
  !insertmacro REMOVE_FILES
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
SectionEnd

; Unticked: what is gone with it cannot be read again from any broker.
Section /o "un.Delete my accounts, figures, backups and settings too" un_data
  RMDir /r "$LOCALAPPDATA\BrokerDesk"
  RMDir /r "$LOCALAPPDATA\BrokerDesk Practice"
SectionEnd

Function un.onInit
  SetShellVarContext current
  Call un.RefuseWhileRunning
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/DELETEDATA" $R1
  ${IfNot} ${Errors}
    !insertmacro SelectSection ${un_data}
  ${EndIf}
FunctionEnd
