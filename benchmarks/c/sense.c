/* The sensing stage for fixed radars in clear air without jamming, line by line as the engine's kernel does it. */
#include <math.h>
#include <stdint.h>

#define EARTH 6371008.8
#define RADIO (4.0 / 3.0 * EARTH)
#define BEND (0.5 * (1.0 / EARTH - 1.0 / RADIO))
#define TWO_PI (2.0 * M_PI)
#define LEAST_SINE (-0.1)
#define CIVIL 0xCC
#define SECURE 0x30
#define HEIGHT_REPLY 0xC8
#define ADDRESS_REPLY 0xC0
#define CODE_REPLY 0x04

typedef struct {
    const uint32_t *key;
    const int32_t *kinds;
    const int8_t *dimensions;
    const double *period, *phase, *centre, *width, *slope, *reach, *gain, *detection, *floor, *sigma, *snr_ref, *bias;
    const float *transmission;
    const int32_t *modes;
    const uint32_t *crypto;
    const double *iff_range, *false_mean, *site, *pos, *axes;
    const float *mask;
} Radars;

typedef struct {
    const uint32_t *key;
    const int8_t *kind, *status;
    const double *rcs;
    const int32_t *modes;
    const uint32_t *crypto;
    const double *reply, *pos, *vel;
} Bodies;

typedef struct {
    double *t, *pos, *cov, *snr;
    int32_t *reply;
    uint8_t *starts;
    uint32_t *luck;
    int8_t *single;
    double *gauge;
    int32_t *address, *code;
    uint8_t *wide;
    int32_t *body, *aspect, *first;
} Plots;

typedef struct { long radars, bodies, room, table, elevations, ranges, bins; uint32_t key[2]; double lowest; } Sizes;

static double turned(double angle) { return angle - TWO_PI * floor(angle * (1.0 / TWO_PI)); }

static void draw(const uint32_t *key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, double *u) {
    uint32_t k0 = key[0], k1 = key[1];
    for (int i = 0; i < 10; i++) {
        uint64_t p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    u[0] = (c0 + 0.5) / 4294967296.0, u[1] = (c1 + 0.5) / 4294967296.0;
    u[2] = (c2 + 0.5) / 4294967296.0, u[3] = (c3 + 0.5) / 4294967296.0;
}

static double through(const Sizes *n, const float *table, long r, double sine, double share) {
    if (n->elevations < 2) return 1.0;
    table += r * n->elevations * n->ranges;
    double u = sqrt(fmax(0.0, (sine - LEAST_SINE) / (1.0 - LEAST_SINE))) * (n->elevations - 1);
    double v = fmin(fmax(share, 0.0), 1.0) * (n->ranges - 1);
    long i = (long)u < n->elevations - 2 ? (long)u : n->elevations - 2;
    long j = (long)v < n->ranges - 2 ? (long)v : n->ranges - 2;
    u -= i, v -= j;
    const float *a = table + i * n->ranges + j, *b = a + n->ranges;
    return (a[0] * (1.0 - v) + a[1] * v) * (1.0 - u) + (b[0] * (1.0 - v) + b[1] * v) * u;
}

static double probability(const double *table, double snr) { /* 64 cells an octave from 2^-9 to 2^22 */
    union { double d; int64_t i; } bits = {snr};
    int64_t cell = (bits.i >> 46) - (1023 - 9) * 64;
    if (cell < 0) return table[0] + snr * 512.0 * (table[1] - table[0]);
    if (cell >= 31 * 64) return 1.0;
    double t = (bits.i & ((1ll << 46) - 1)) * (1.0 / (1ll << 46));
    double low = table[2 * cell + 1], middle = table[2 * cell + 2], high = table[2 * cell + 3];
    return low + t * (4.0 * middle - 3.0 * low - high + t * 2.0 * (low - 2.0 * middle + high));
}

static int visible(const Sizes *n, const Radars *s, const Bodies *o, long r, long b, double back, double azimuth) {
    const double *site = s->site + 3 * r, *p = o->pos + 3 * b, *v = o->vel + 3 * b;
    double x = p[0] + back * v[0], y = p[1] + back * v[1], z = p[2] + back * v[2];
    double radius = sqrt(x * x + y * y + z * z), height = radius - EARTH;
    const double *up = s->axes + 9 * r + 6;
    double cosine = (x * up[0] + y * up[1] + z * up[2]) / radius;
    double distance = EARTH * acos(fmin(1.0, fmax(-1.0, cosine))), psi = distance / RADIO;
    long a = (long)(turned(azimuth) * (720 / TWO_PI)) % 720, k = (long)(distance / 1000.0);
    if (k > n->bins - 1) k = n->bins - 1;
    double slope = (cos(psi) - (RADIO + site[2]) / (RADIO + height)) / fmax(sin(psi), 1e-12);
    return slope >= s->mask[(r * 720 + a) * n->bins + k];
}

static int32_t interrogate(const Radars *s, const Bodies *o, long r, long b, double civil, double military) {
    int32_t asked = s->modes[r], held = asked & o->modes[b], answered = 0;
    if (s->crypto[r] != o->crypto[b]) held &= ~SECURE;
    for (int m = 0; m < 8; m++)
        if (held >> m & 1 && (CIVIL >> m & 1 ? civil : military) < o->reply[8 * b + m]) answered |= 1 << m;
    return asked | answered << 8;
}

static double stretch(double sigma) { return 1.0 + 0.5 * sigma * sigma * (1.0 + 0.25 * sigma * sigma); }

static void report(const Radars *s, Plots *out, long r, long row, double distance, double azimuth, double elevation,
                   double height, double sharp) {
    const double *axes = s->axes + 9 * r, *sigma = s->sigma + 4 * r;
    double sigma_r = sharp * sigma[0], sigma_a = sharp * sigma[1], sigma_e = sharp * sigma[2];
    int measured = s->dimensions[r] == 3;
    if (!measured) {
        double spread = 38.0;
        if (height < 0.0) height = 6000.0, spread = 3500.0;
        double low = EARTH + s->site[3 * r + 2], high = EARTH + height;
        double sine = (high * high - low * low - distance * distance) / (2.0 * low * distance);
        elevation = asin(fmin(0.999, fmax(-0.999, sine)));
        sigma_e = spread / (distance * cos(elevation));
    }
    double sa = sin(azimuth), ca = cos(azimuth), se = sin(elevation), ce = cos(elevation);
    double across_m = sigma_a * distance * ce, up_m = sigma_e * distance, flat_a = sigma_a * sigma_a * ce * ce;
    double s_r = sigma_r * sigma_r, s_a = across_m * across_m, s_e = up_m * up_m;
    double bent = 0.5 * distance * distance * (flat_a * flat_a + sigma_e * sigma_e * sigma_e * sigma_e);
    double ray[3], error[3], across[3], upward[3];
    double upright = measured ? stretch(sigma_e) : 1.0, flat = upright * stretch(sigma_a);
    for (int i = 0; i < 3; i++) {
        double level = sa * axes[i] + ca * axes[3 + i], up = axes[6 + i];
        ray[i] = ce * level + se * up;
        error[i] = measured ? ray[i] : level / ce;
        across[i] = ca * axes[i] - sa * axes[3 + i];
        upward[i] = ce * up - se * level;
        out->pos[3 * row + i] = s->pos[3 * r + i] + distance * (flat * ce * level + upright * se * up);
    }
    int m = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            out->cov[6 * row + m++] = s_r * error[i] * error[j] + bent * ray[i] * ray[j] + s_a * across[i] * across[j] +
                                      s_e * upward[i] * upward[j];
    double bend = measured ? fmax(sigma_a, sigma_e) : sigma_a;
    out->wide[row] = distance * bend * bend > 0.1 * sigma_r;
    if (out->wide[row])
        for (int i = 0; i < 3; i++) out->gauge[8 * row + 2 + i] = s->pos[3 * r + i];
    out->single[row] = 0, out->address[row] = out->code[row] = -1;
    out->starts[row] = 1;
}

static int32_t aspect(const double *p, const double *v, double dx, double dy, double dz, double distance) {
    double radius = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    double ux = p[0] / radius, uy = p[1] / radius, uz = p[2] / radius, climb = v[0] * ux + v[1] * uy + v[2] * uz;
    double fx = v[0] - climb * ux, fy = v[1] - climb * uy, fz = v[2] - climb * uz;
    double speed = fmax(1e-9, sqrt(fx * fx + fy * fy + fz * fz));
    fx /= speed, fy /= speed, fz /= speed;
    double rx = fy * uz - fz * uy, ry = fz * ux - fx * uz, rz = fx * uy - fy * ux;
    double ahead = -(dx * fx + dy * fy + dz * fz), right = -(dx * rx + dy * ry + dz * rz);
    double azimuth = turned(atan2(right, ahead));
    double elevation = asin(fmin(1.0, fmax(-1.0, -(dx * ux + dy * uy + dz * uz) / distance)));
    int column = (int)(azimuth / TWO_PI * 36.0), line = (int)((elevation / M_PI + 0.5) * 18.0);
    return (line < 17 ? line : 17) * 36 + (column < 35 ? column : 35);
}

static long look(const Sizes *n, const Radars *s, const Bodies *o, Plots *out, long r, long b, long row, long scan,
                 double t, double t1) {
    const double *axes = s->axes + 9 * r, *p = o->pos + 3 * b, *v = o->vel + 3 * b, *reach = s->reach + 2 * r;
    double back = t - t1;
    double dx = p[0] - s->pos[3 * r] + back * v[0], dy = p[1] - s->pos[3 * r + 1] + back * v[1];
    double dz = p[2] - s->pos[3 * r + 2] + back * v[2], distance = sqrt(dx * dx + dy * dy + dz * dz);
    if (distance < reach[0] || distance > reach[1]) return row;
    double up = axes[6] * dx + axes[7] * dy + axes[8] * dz, east = axes[0] * dx + axes[1] * dy + axes[2] * dz;
    double north = axes[3] * dx + axes[4] * dy + axes[5] * dz, level = sqrt(east * east + north * north);
    if (!(s->slope[2 * r] * level <= up && up <= s->slope[2 * r + 1] * level)) return row;
    double speed = fmax(1e-9, sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
    double closing = -(v[0] * dx + v[1] * dy + v[2] * dz) / (distance * speed);
    int side = closing > 0.7071 ? 0 : closing < -0.7071 ? 2 : 1;
    double square = distance * distance;
    double snr = s->gain[r] * o->rcs[3 * b + side] / (square * square);
    snr *= through(n, s->transmission, r, (up + BEND * level * level) / distance, distance / reach[1]);
    double u[4], g[4];
    draw(n->key, 1, s->key[r], o->key[b], (uint32_t)scan, u);
    int detected = u[0] < probability(s->detection + r * n->table, snr);
    int32_t reply = distance < s->iff_range[r] ? interrogate(s, o, r, b, u[1], u[2]) : 0;
    if (!detected && reply < 256) return row;
    double azimuth = atan2(east, north);
    if (!visible(n, s, o, r, b, back, azimuth)) return row;
    if (row >= n->room) return row;
    double height = reply >> 8 & HEIGHT_REPLY ? sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) - EARTH : -1.0;
    draw(n->key, 16, s->key[r], o->key[b], (uint32_t)scan, g);
    double far_0 = sqrt(-2.0 * log(g[0])), far_1 = sqrt(-2.0 * log(g[2])), turn_0 = TWO_PI * g[1], turn_1 = TWO_PI * g[3];
    double sharp = fmin(2.0, fmax(0.25, sqrt(s->snr_ref[r] / fmax(snr, 1e-9))));
    const double *sigma = s->sigma + 4 * r;
    report(s, out, r, row, distance + s->bias[2 * r + 1] + far_0 * cos(turn_0) * sharp * sigma[0],
           azimuth + s->bias[2 * r] + far_0 * sin(turn_0) * sharp * sigma[1],
           atan2(up, level) + far_1 * cos(turn_1) * sharp * sigma[2],
           height >= 0.0 ? height + far_1 * sin(turn_1) * 38.0 : height, sharp);
    if (reply >> 8 & ADDRESS_REPLY) out->address[row] = o->key[b] & 0xFFFFFF;
    if (reply >> 8 & CODE_REPLY) out->code[row] = o->key[b] >> 8 & 0xFFF;
    out->t[row] = t, out->snr[row] = snr, out->reply[row] = reply, out->luck[row] = o->key[b];
    out->body[row] = (int32_t)b, out->aspect[row] = aspect(p, v, dx, dy, dz, distance);
    return row + 1;
}

static double lowest(const Sizes *n, const Radars *s, long r, double distance, double azimuth) {
    double site = s->site[3 * r + 2], radius = EARTH + site, rise = BEND * distance;
    double sine = (EARTH * EARTH - radius * radius - distance * distance) / (2.0 * radius * distance);
    double limb = -acos(fmin(1.0, RADIO / (RADIO + fmax(site, 0.0))));
    double low = fmax(asin(fmin(1.0, fmax(-1.0, sine))), distance > -limb * RADIO ? limb - rise : -INFINITY);
    long a = (long)(turned(azimuth) * (720 / TWO_PI)) % 720, k = (long)(distance / 1000.0);
    if (k > n->bins - 1) k = n->bins - 1;
    return fmax(low, atan(s->mask[(r * 720 + a) * n->bins + k]) - rise);
}

static long false_plots(const Sizes *n, const Radars *s, Plots *out, long r, long row, double t0, double t1) {
    double mean = s->false_mean[r], period = s->period[r], phase = s->phase[r];
    if (mean <= 0.0) return row;
    double zero = exp(-mean), u[4];
    for (long scan = (long)floor((t0 - phase) / period); scan < (long)floor((t1 - phase) / period) + 1; scan++) {
        draw(n->key, 3, s->key[r], 0, (uint32_t)scan, u);
        double left = u[0], term = zero, total = zero;
        long count = 0;
        while (left > total && count < 1000) term *= mean / ++count, total += term;
        for (long k = 0; k < count; k++) {
            draw(n->key, 3, s->key[r], (uint32_t)(k + 1), (uint32_t)scan, u);
            double t = phase + (scan + u[0]) * period;
            if (!(t0 < t && t <= t1) || row >= n->room) continue;
            double azimuth = s->centre[r] + (u[0] - 0.5) * s->width[r], near = s->reach[2 * r];
            double distance = near + u[1] * (s->reach[2 * r + 1] - near), top = atan(s->slope[2 * r + 1]);
            double low = fmax(atan(s->slope[2 * r]), lowest(n, s, r, distance, azimuth));
            report(s, out, r, row, distance, azimuth, low + u[2] * fmax(0.0, top - low), -1.0, 1.0);
            out->t[row] = t, out->snr[row] = s->floor[r], out->reply[row] = s->modes[r];
            out->luck[row] = s->key[r] ^ (uint32_t)(scan * 1024 + k), out->body[row] = -1, out->aspect[row] = 0;
            row++;
        }
    }
    return row;
}

void sense(const Sizes *n, const Radars *s, const Bodies *o, Plots *out, double t0, double t1) {
    long row = 0, due[n->bodies], scans[n->bodies];
    double times[n->bodies];
    for (long r = 0; r < n->radars; r++) {
        out->first[r] = (int32_t)row;
        const double *site = s->pos + 3 * r, *axes = s->axes + 9 * r;
        double reach2 = s->reach[2 * r + 1] * s->reach[2 * r + 1], period = s->period[r], phase = s->phase[r];
        double width = s->width[r], begin = s->centre[r] - 0.5 * width, sweep = width * (t1 - t0) / period;
        double beam_e = 0.0, beam_n = 1.0, beam_c = -2.0;
        if (!(sweep > 0.5 * width || sweep > 2.5)) {
            double share = (0.5 * (t0 + t1) - phase) / period, middle = begin + width * (share - floor(share));
            if (!(width < TWO_PI - 1e-6 && (middle - begin < sweep || begin + width - middle < sweep)))
                beam_e = sin(middle), beam_n = cos(middle), beam_c = cos(0.5 * sweep + 0.02);
        }
        double above = fmax(0.0, s->site[3 * r + 2] - n->lowest), far = 2.02 * RADIO * above + 1e6;
        double slope = sqrt(2.0 * above / RADIO) + 5e-4, dip = slope * slope;
        long count = 0;
        for (long b = 0; b < n->bodies; b++) {
            if (o->status[b] != 1 || !(s->kinds[r] >> o->kind[b] & 1)) continue;
            double dx = o->pos[3 * b] - site[0], dy = o->pos[3 * b + 1] - site[1], dz = o->pos[3 * b + 2] - site[2];
            if (dx * dx + dy * dy + dz * dz > reach2) continue;
            double east = axes[0] * dx + axes[1] * dy + axes[2] * dz, north = axes[3] * dx + axes[4] * dy + axes[5] * dz;
            double level2 = east * east + north * north;
            double up = axes[6] * dx + axes[7] * dy + axes[8] * dz + BEND * level2;
            if (level2 > far && up < 0.0 && up * up > dip * level2) continue;
            if (east * beam_e + north * beam_n < beam_c * sqrt(level2)) continue;
            double offset = turned(atan2(east, north) - begin);
            if (offset > width) continue;
            double scan = floor((t1 - phase) / period - offset / width), t = phase + (scan + offset / width) * period;
            if (t > t0) due[count] = b, scans[count] = (long)scan, times[count++] = t;
        }
        for (long i = 0; i < count; i++) row = look(n, s, o, out, r, due[i], row, scans[i], times[i], t1);
        row = false_plots(n, s, out, r, row, t0, t1);
    }
    out->first[n->radars] = (int32_t)row;
}

void sense_ticks(const Sizes *n, const Radars *s, const Bodies *o, Plots *out, double tick, long ticks) {
    for (long i = 0; i < ticks; i++) sense(n, s, o, out, i * tick, (i + 1) * tick);
}
