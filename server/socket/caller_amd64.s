#include "textflag.h"

// func frames(around *stack)
// A frame pointer points to the caller's frame pointer; the return address lies above it.
TEXT ·frames(SB), NOSPLIT, $0-8
	MOVQ around+0(FP), DI
	MOVQ BP, SI
	MOVQ $7, CX
next:
	TESTQ SI, SI
	JZ   done
	MOVQ 8(SI), AX
	MOVQ AX, (DI)
	MOVQ (SI), SI
	ADDQ $8, DI
	DECQ CX
	JNZ  next
done:
	RET

// func goroutine() uintptr
TEXT ·goroutine(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET

// func release(to *int64, value int64)
// The processor keeps the order of stores.
TEXT ·release(SB), NOSPLIT, $0-16
	MOVQ to+0(FP), AX
	MOVQ value+8(FP), CX
	MOVQ CX, (AX)
	RET
