; The user's PATH, changed without passing it through a string of the installer: those end after
; 1,024 characters, and a longer PATH would be written back cut off.
;
;   PutOnPath       appends $INSTDIR unless it is there
;   TakeFromPath    takes $INSTDIR out, wherever it stands
;
; Both keep the value's type (REG_EXPAND_SZ when there was none) and leave everything else as it is.

!define ENVIRONMENT_KEY -2147483647 ; HKEY_CURRENT_USER, with the sign that a 64-bit handle has
!define READ_AND_WRITE 0x20019|0x20006

!macro UserPath UN
; Reads: $R8 a text of ";" PATH ";" with room for one more entry (0: none could be made), $R7 its
; type, $R6 the open key.
Function ${UN}ReadPath
  StrCpy $R8 0
  System::Call 'advapi32::RegCreateKeyExW(p ${ENVIRONMENT_KEY}, w "Environment", i 0, p 0, i 0, i ${READ_AND_WRITE}, p 0, *p .R6, p 0) i .r0'
  ${If} $0 <> 0
    StrCpy $R6 0
    Return
  ${EndIf}
  System::Call 'advapi32::RegQueryValueExW(p R6, w "Path", p 0, *i .R7, p 0, *i .r1) i .r0'
  ${If} $0 <> 0
    StrCpy $R7 2 ; REG_EXPAND_SZ
    StrCpy $1 0
  ${EndIf}
  IntOp $2 $1 + 4096
  System::Alloc $2 ; zeros
  Pop $R8
  ${If} $R8 P= 0
    Return
  ${EndIf}
  System::Call 'kernel32::lstrcatW(p R8, w ";")'
  ${If} $1 > 0
    IntPtrOp $3 $R8 + 2
    System::Call 'advapi32::RegQueryValueExW(p R6, w "Path", p 0, p 0, p r3, *i r1) i .r0'
    System::Call 'kernel32::lstrcatW(p R8, w ";")'
  ${EndIf}
FunctionEnd

; Writes the text of $R8 without its first and last character, tells running programs, lets go.
Function ${UN}WritePath
  IntPtrOp $3 $R8 + 2
  System::Call 'kernel32::lstrlenW(p r3) i .r1'
  ${If} $1 > 0
    IntOp $1 $1 - 1 ; the last ";"
    IntOp $2 $1 * 2
    IntPtrOp $4 $3 + $2
    System::Call '*$4(&i2 0)'
    IntOp $2 $2 + 2
  ${EndIf}
  ${If} $1 > 0
    System::Call 'advapi32::RegSetValueExW(p R6, w "Path", i 0, i R7, p r3, i r2)'
  ${Else}
    System::Call 'advapi32::RegDeleteValueW(p R6, w "Path")'
  ${EndIf}
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
FunctionEnd

Function ${UN}ForgetPath
  ${If} $R8 P<> 0
    System::Free $R8
  ${EndIf}
  ${If} $R6 P<> 0
    System::Call 'advapi32::RegCloseKey(p R6)'
  ${EndIf}
FunctionEnd

Function ${UN}TakeFromPath
  Call ${UN}ReadPath
  ${If} $R8 P<> 0
    StrCpy $5 0 ; whether there was one
    StrCpy $9 ";$INSTDIR;"
    System::Call 'kernel32::lstrlenW(w r9) i .r6'
    ${Do}
      System::Call 'shlwapi::StrStrIW(p R8, w r9) p .r7'
      ${If} $7 P= 0
        ${Break}
      ${EndIf}
      StrCpy $5 1
      ; What follows moves up to the ";" before the entry, its end included.
      IntOp $2 $6 - 1
      IntOp $2 $2 * 2
      IntPtrOp $8 $7 + $2
      System::Call 'kernel32::lstrlenW(p r8) i .r2'
      IntOp $2 $2 + 1
      IntOp $2 $2 * 2
      System::Call 'ntdll::memmove(p r7, p r8, p r2)'
    ${Loop}
    ${If} $5 = 1
      Call ${UN}WritePath
    ${EndIf}
  ${EndIf}
  Call ${UN}ForgetPath
FunctionEnd
!macroend
!insertmacro UserPath ""
!insertmacro UserPath "un."

Function PutOnPath
  Call ReadPath
  ${If} $R8 P<> 0
    System::Call 'kernel32::lstrcatW(p R8, w "$INSTDIR;")'
    Call WritePath
  ${EndIf}
  Call ForgetPath
FunctionEnd
