#include "textflag.h"

// func frames(around *stack)
// R29 is the frame pointer. It points to the caller's; the return address lies above it.
TEXT ·frames(SB), NOSPLIT|NOFRAME, $0-8
	MOVD around+0(FP), R0
	MOVD R29, R1
	MOVD $7, R2
next:
	CBZ  R1, done
	MOVD 8(R1), R3
	MOVD.P R3, 8(R0)
	MOVD (R1), R1
	SUB  $1, R2
	CBNZ R2, next
done:
	RET

// func goroutine() uintptr
TEXT ·goroutine(SB), NOSPLIT|NOFRAME, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET

// func release(to *int64, value int64)
TEXT ·release(SB), NOSPLIT|NOFRAME, $0-16
	MOVD to+0(FP), R0
	MOVD value+8(FP), R1
	STLR R1, (R0)
	RET
