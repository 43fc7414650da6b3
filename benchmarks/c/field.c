/* Detection probability of a field: Swerling 1, one pulse. Compiled with -ffast-math, so that libmvec's exp is used. */
#include <math.h>

void field(const double *snr, double *out, long count, double threshold) {
    for (long i = 0; i < count; i++) out[i] = exp(-threshold / (1.0 + snr[i]));
}
