/* The tracker of one node, tick after tick: engine/tracking once more, in the order and the arithmetic of its kernels.
   Structures are filled by benchmarks/trackers/kernel.py with the very arrays of the engine. */

#include <math.h>
#include <stdint.h>

enum { FREE, TENTATIVE, FIRM };
static const double NEVER = -1e9, SECOND_LOOK = 0.25;
static const int GROUPS[3] = {0xCC, 0x03, 0x30}; /* modes: civil, military in clear, under keys */

typedef struct {
    long slots, radars, ticks, log_room, pair_room;
    double accel, speed, window, coast, gate;
    long hits, room;
} Sizes;

typedef struct {
    const double *t, *pos, *cov;
    const int32_t *reply;
    const uint8_t *starts;
    const uint32_t *luck;
} Plots;

typedef struct {
    int8_t *status;
    int64_t *number, *next_number;
    double *x, *p, *t_update, *t_first;
    int32_t *hits, *asked, *answered;
    uint32_t *luck;
    int32_t *plot;
    double *radar_t;
    int64_t *dropped;
} Tracks;

typedef struct {
    int64_t *live, *count, *axes;
    double *low, *per;
    int64_t *cells, *head, *next;
    double *widest, *box; /* of each slot 8: middle, half-widths, coordinates by which it was entered */
    int64_t *near;
} Grid;

typedef struct {
    int64_t *first, *slot;
    double *cost, *size, *base;
} Pairs;

typedef struct {
    int64_t *track_of, *plot_of;
    double *u, *v, *reach;
    int64_t *via;
    uint8_t *settled;
    int64_t *met;
} Matching;

typedef struct {
    int64_t *count, *tick, *number;
    double *t_update, *x, *p;
} Log;

typedef struct {
    long first, last, local;
    double t0, t1;
} Turn;

typedef struct {
    const Sizes *z;
    const Plots *plots;
    const Tracks *tracks;
    const Grid *grid;
    const Pairs *pairs;
    const Matching *m;
    int64_t *taken;
    double *nis;
} Node;

/* ---- filter ---- */

static void predict(double *restrict x, double *restrict p, double dt, double density) {
    double nv = density * dt, nc = 0.5 * nv * dt, nx = 0.5 * nc * dt;
    double c00 = p[15], c01 = p[16], c02 = p[17], c11 = p[18], c12 = p[19], c22 = p[20];
    double b00 = p[6] + dt * c00, b01 = p[7] + dt * c01, b02 = p[8] + dt * c02;
    double b10 = p[9] + dt * c01, b11 = p[10] + dt * c11, b12 = p[11] + dt * c12;
    double b20 = p[12] + dt * c02, b21 = p[13] + dt * c12, b22 = p[14] + dt * c22;
    p[0] += dt * (2.0 * b00 - dt * c00) + nx;
    p[1] += dt * (b01 + b10 - dt * c01);
    p[2] += dt * (b02 + b20 - dt * c02);
    p[3] += dt * (2.0 * b11 - dt * c11) + nx;
    p[4] += dt * (b12 + b21 - dt * c12);
    p[5] += dt * (2.0 * b22 - dt * c22) + nx;
    p[6] = b00 + nc, p[7] = b01, p[8] = b02;
    p[9] = b10, p[10] = b11 + nc, p[11] = b12;
    p[12] = b20, p[13] = b21, p[14] = b22 + nc;
    p[15] = c00 + nv, p[18] = c11 + nv, p[20] = c22 + nv;
    for (int i = 0; i < 3; i++) x[i] += dt * x[i + 3];
}

static inline void innovation(const double *x, const double *p, const double *z, const double *r, double back,
                              double *y, double *c) {
    for (int i = 0; i < 3; i++) y[i] = z[i] - (x[i] - back * x[i + 3]);
    c[0] = r[0] + p[0] - back * (2.0 * p[6] - back * p[15]);
    c[1] = r[1] + p[1] - back * (p[7] + p[9] - back * p[16]);
    c[2] = r[2] + p[2] - back * (p[8] + p[12] - back * p[17]);
    c[3] = r[3] + p[3] - back * (2.0 * p[10] - back * p[18]);
    c[4] = r[4] + p[4] - back * (p[11] + p[13] - back * p[19]);
    c[5] = r[5] + p[5] - back * (2.0 * p[14] - back * p[20]);
}

typedef struct {
    double l10, l20, l21, g0, g1, g2, determinant;
} Factor;

static inline Factor factor(const double *c) {
    Factor f;
    f.g0 = 1.0 / c[0];
    f.l10 = c[1] * f.g0;
    f.l20 = c[2] * f.g0;
    double d1 = c[3] - f.l10 * c[1], rest = c[4] - f.l20 * c[1];
    f.g1 = 1.0 / d1;
    f.l21 = rest * f.g1;
    double d2 = c[5] - f.l20 * c[2] - f.l21 * rest;
    f.g2 = 1.0 / d2;
    f.determinant = c[0] * d1 * d2;
    return f;
}

static inline void solve_lower(const Factor *f, double a, double b, double c, double *w) {
    w[0] = a;
    w[1] = b - f->l10 * a;
    w[2] = c - f->l20 * a - f->l21 * w[1];
}

static inline double product(const Factor *f, const double *a, const double *b) {
    return a[0] * f->g0 * b[0] + a[1] * f->g1 * b[1] + a[2] * f->g2 * b[2];
}

static double distance(const double *x, const double *p, const double *z, const double *r, double back, double gate,
                       double *size) {
    double y[3], c[6], w[3];
    innovation(x, p, z, r, back, y, c);
    Factor f = factor(c);
    solve_lower(&f, y[0], y[1], y[2], w);
    double far = product(&f, w, w);
    *size = 0.0;
    if (far > gate) return INFINITY;
    *size = log(f.determinant);
    return far;
}

static void update(double *restrict x, double *restrict p, const double *restrict z, const double *restrict r,
                   double back) {
    double y[3], c[6], v[3], w[6][3];
    innovation(x, p, z, r, back, y, c);
    Factor f = factor(c);
    solve_lower(&f, y[0], y[1], y[2], v);
    double a00 = p[0], a01 = p[1], a02 = p[2], a11 = p[3], a12 = p[4], a22 = p[5];
    double b00 = p[6], b01 = p[7], b02 = p[8], b10 = p[9], b11 = p[10], b12 = p[11];
    double b20 = p[12], b21 = p[13], b22 = p[14];
    double c00 = p[15], c01 = p[16], c02 = p[17], c11 = p[18], c12 = p[19], c22 = p[20];
    solve_lower(&f, a00 - back * b00, a01 - back * b01, a02 - back * b02, w[0]);
    solve_lower(&f, a01 - back * b10, a11 - back * b11, a12 - back * b12, w[1]);
    solve_lower(&f, a02 - back * b20, a12 - back * b21, a22 - back * b22, w[2]);
    solve_lower(&f, b00 - back * c00, b10 - back * c01, b20 - back * c02, w[3]);
    solve_lower(&f, b01 - back * c01, b11 - back * c11, b21 - back * c12, w[4]);
    solve_lower(&f, b02 - back * c02, b12 - back * c12, b22 - back * c22, w[5]);
    for (int i = 0; i < 6; i++) x[i] += product(&f, w[i], v);
    p[0] = a00 - product(&f, w[0], w[0]);
    p[1] = a01 - product(&f, w[0], w[1]);
    p[2] = a02 - product(&f, w[0], w[2]);
    p[3] = a11 - product(&f, w[1], w[1]);
    p[4] = a12 - product(&f, w[1], w[2]);
    p[5] = a22 - product(&f, w[2], w[2]);
    p[6] = b00 - product(&f, w[0], w[3]);
    p[7] = b01 - product(&f, w[0], w[4]);
    p[8] = b02 - product(&f, w[0], w[5]);
    p[9] = b10 - product(&f, w[1], w[3]);
    p[10] = b11 - product(&f, w[1], w[4]);
    p[11] = b12 - product(&f, w[1], w[5]);
    p[12] = b20 - product(&f, w[2], w[3]);
    p[13] = b21 - product(&f, w[2], w[4]);
    p[14] = b22 - product(&f, w[2], w[5]);
    p[15] = c00 - product(&f, w[3], w[3]);
    p[16] = c01 - product(&f, w[3], w[4]);
    p[17] = c02 - product(&f, w[3], w[5]);
    p[18] = c11 - product(&f, w[4], w[4]);
    p[19] = c12 - product(&f, w[4], w[5]);
    p[20] = c22 - product(&f, w[5], w[5]);
}

/* ---- grid and gate ---- */

static inline double dmax(double a, double b) { return a > b ? a : b; }
static inline double dmin(double a, double b) { return a < b ? a : b; }

static void list_live(const Node *n) {
    long count = 0;
    for (long s = 0; s < n->z->slots; s++) {
        n->grid->live[count] = s;
        count += n->tracks->status[s] != FREE;
    }
    n->grid->count[0] = count;
}

static inline void measure(const Node *n, long s, double sigmas, double span) {
    const double *x = n->tracks->x + 6 * s, *p = n->tracks->p + 21 * s;
    double *box = n->grid->box + 8 * s;
    double then[3] = {p[0] - span * (2.0 * p[6] - span * p[15]), p[3] - span * (2.0 * p[10] - span * p[18]),
                      p[5] - span * (2.0 * p[14] - span * p[20])};
    for (int i = 0; i < 3; i++) box[i] = x[i] - 0.5 * span * x[i + 3];
    box[3] = sigmas * sqrt(dmax(p[0], then[0])) + fabs(0.5 * span * x[3]);
    box[4] = sigmas * sqrt(dmax(p[3], then[1])) + fabs(0.5 * span * x[4]);
    box[5] = sigmas * sqrt(dmax(p[5], then[2])) + fabs(0.5 * span * x[5]);
}

static void lay(const Node *n, double *wide) {
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (long k = 0; k < n->grid->count[0]; k++)
        for (int i = 0; i < 3; i++) {
            double z = n->grid->box[8 * n->grid->live[k] + i];
            low[i] = dmin(low[i], z);
            high[i] = dmax(high[i], z);
        }
    if (low[0] == INFINITY)
        for (int i = 0; i < 3; i++) low[i] = high[i] = 0.0;
    double a = high[0] - low[0], b = high[1] - low[1], c = high[2] - low[2];
    int first = 0, second = 1;
    if (a < c && a <= b)
        first = 2;
    else if (b < c)
        second = 2;
    n->grid->axes[0] = first, n->grid->axes[1] = second;
    n->grid->low[0] = low[first], n->grid->low[1] = low[second];
    wide[0] = high[first] - low[first], wide[1] = high[second] - low[second];
}

static inline void lie(const Node *n, long s) {
    double *box = n->grid->box + 8 * s;
    box[6] = box[n->grid->axes[0]], box[7] = box[n->grid->axes[1]];
}

static inline void widen(const Node *n, long s, int g) {
    const Grid *w = n->grid;
    const double *box = w->box + 8 * s;
    for (int k = 0; k < 2; k++) {
        double moved = fabs(box[w->axes[k]] - box[6 + k]);
        w->widest[2 * g + k] = dmax(w->widest[2 * g + k], box[3 + w->axes[k]] + moved);
    }
}

static inline long cell(const Grid *w, int g, int k, double z) {
    return (long)dmin(dmax((z - w->low[k]) * w->per[g], 0.0), w->cells[2 * g + k] - 1.0);
}

static inline void put(const Node *n, int g, long s) {
    const Grid *w = n->grid;
    long c = cell(w, g, 0, w->box[8 * s + 6]) * w->cells[2 * g + 1] + cell(w, g, 1, w->box[8 * s + 7]);
    w->next[s] = w->head[g * n->z->room + c];
    w->head[g * n->z->room + c] = s;
}

static void list_tracks(const Node *n, double sigmas, double span) {
    const Grid *w = n->grid;
    double wide[2];
    for (long k = 0; k < w->count[0]; k++) measure(n, w->live[k], sigmas, span);
    lay(n, wide);
    for (int k = 0; k < 4; k++) w->widest[k] = 0.0;
    for (long k = 0; k < w->count[0]; k++) {
        lie(n, w->live[k]);
        widen(n, w->live[k], n->tracks->status[w->live[k]] - TENTATIVE);
    }
    for (int g = 0; g < 2; g++) {
        double size = dmax(dmax(2.0 * dmax(w->widest[2 * g], w->widest[2 * g + 1]), 1.0),
                           dmax(wide[0], wide[1]) * 4.0 / n->z->room);
        size = dmax(size, sqrt(wide[0] * wide[1] / (0.5 * n->z->room)));
        w->per[g] = 1.0 / size;
        for (int k = 0; k < 2; k++) w->cells[2 * g + k] = (long)(wide[k] / size) + 1;
        for (long c = 0; c < w->cells[2 * g] * w->cells[2 * g + 1]; c++) w->head[g * n->z->room + c] = -1;
    }
    for (long k = 0; k < w->count[0]; k++) put(n, n->tracks->status[w->live[k]] - TENTATIVE, w->live[k]);
}

static long neighbours(const Node *n, long q) {
    const Grid *w = n->grid;
    const double *z = n->plots->pos + 3 * q, *cov = n->plots->cov + 6 * q;
    double sigmas = sqrt(n->z->gate), own[3] = {sigmas * sqrt(cov[0]), sigmas * sqrt(cov[3]), sigmas * sqrt(cov[5])};
    long found = 0, first = w->axes[0], second = w->axes[1];
    for (int g = 0; g < 2; g++) {
        double wide = own[first] + w->widest[2 * g], tall = own[second] + w->widest[2 * g + 1];
        long left = cell(w, g, 1, z[second] - tall), right = cell(w, g, 1, z[second] + tall);
        long top = cell(w, g, 0, z[first] - wide), bottom = cell(w, g, 0, z[first] + wide);
        for (long row = top; row <= bottom; row++)
            for (long c = row * w->cells[2 * g + 1] + left; c <= row * w->cells[2 * g + 1] + right; c++)
                for (long s = w->head[g * n->z->room + c]; s >= 0; s = w->next[s]) {
                    const double *box = w->box + 8 * s;
                    w->near[found] = s;
                    found += (fabs(box[0] - z[0]) <= own[0] + box[3]) & (fabs(box[1] - z[1]) <= own[1] + box[4]) &
                             (fabs(box[2] - z[2]) <= own[2] + box[5]);
                }
    }
    return found;
}

static inline double far_of(const Node *n, long s, long q, double t1, double *size) {
    return distance(n->tracks->x + 6 * s, n->tracks->p + 21 * s, n->plots->pos + 3 * q, n->plots->cov + 6 * q,
                    t1 - n->plots->t[q], n->z->gate, size);
}

static void pair_up(const Node *n, const Turn *turn) {
    const Pairs *a = n->pairs;
    const Grid *w = n->grid;
    long e = 0;
    for (long q = turn->first; q < turn->last; q++) {
        double largest = -INFINITY;
        a->first[q - turn->first] = e;
        long found = neighbours(n, q), begin = e;
        for (long k = 0; k < found; k++) {
            double size, far = far_of(n, w->near[k], q, turn->t1, &size);
            if (far == INFINITY) continue;
            if (e == n->z->pair_room) {
                n->tracks->dropped[0]++;
                continue;
            }
            a->slot[e] = w->near[k], a->cost[e] = far + size, a->size[e] = size;
            largest = dmax(largest, size);
            e++;
        }
        a->base[q - turn->first] = n->z->gate + largest;
        for (long k = begin; k < e; k++) a->cost[k] -= n->z->gate + largest;
    }
    a->first[turn->last - turn->first] = e;
}

static long seen_before(const Node *n, const Turn *turn, long q) {
    double nearest = INFINITY;
    long best = -1, found = neighbours(n, q);
    for (long k = 0; k < found; k++) {
        long s = n->grid->near[k];
        double look = n->tracks->radar_t[s * n->z->radars + turn->local];
        if (look > turn->t0 && fabs(look - n->plots->t[q]) > SECOND_LOOK) {
            double size, far = far_of(n, s, q, turn->t1, &size);
            if (far + size < nearest) best = s, nearest = far + size;
        }
    }
    return best;
}

/* ---- assignment ---- */

static long relax(const Pairs *a, const Matching *m, long i, double length, long count) {
    for (long e = a->first[i]; e < a->first[i + 1]; e++) {
        long s = a->slot[e];
        if (m->settled[s]) continue;
        double longer = length + a->cost[e] - m->u[i] - m->v[s];
        if (longer < m->reach[s]) {
            if (m->reach[s] == INFINITY) m->met[count++] = s;
            m->reach[s] = longer;
            m->via[s] = i;
        }
    }
    return count;
}

static void flip(const Matching *m, long row, long alone, long end) {
    long s = end;
    if (end < 0) {
        s = m->track_of[alone];
        m->track_of[alone] = -1;
        if (alone == row) return;
    }
    for (;;) {
        long i = m->via[s], before = m->track_of[i];
        m->track_of[i] = s;
        m->plot_of[s] = i;
        if (i == row) return;
        s = before;
    }
}

static void augment(const Pairs *a, const Matching *m, long row) {
    long count = 0, i = row, alone = -1, end = -1;
    double length = 0.0, alone_length = INFINITY;
    while (end < 0) {
        count = relax(a, m, i, length, count);
        if (length - m->u[i] < alone_length) alone = i, alone_length = length - m->u[i];
        long nearest = -1;
        length = INFINITY;
        for (long k = 0; k < count; k++) {
            long s = m->met[k];
            if (!m->settled[s] && m->reach[s] < length) nearest = s, length = m->reach[s];
        }
        if (nearest < 0 || alone_length < length) {
            length = alone_length;
            break;
        }
        m->settled[nearest] = 1;
        if (m->plot_of[nearest] < 0)
            end = nearest;
        else
            i = m->plot_of[nearest];
    }
    m->u[row] += length;
    for (long k = 0; k < count; k++) {
        long s = m->met[k];
        if (m->settled[s] && m->plot_of[s] >= 0) {
            m->u[m->plot_of[s]] += length - m->reach[s];
            m->v[s] -= length - m->reach[s];
        }
        m->settled[s] = 0;
        m->reach[s] = INFINITY;
    }
    flip(m, row, alone, end);
}

static void assign(const Pairs *a, const Matching *m, long rows) {
    for (long e = 0; e < a->first[rows]; e++) m->plot_of[a->slot[e]] = -1, m->v[a->slot[e]] = 0.0;
    for (long row = 0; row < rows; row++) {
        m->track_of[row] = -1;
        m->u[row] = 0.0;
        long best = -1;
        double cheapest = 0.0;
        for (long e = a->first[row]; e < a->first[row + 1]; e++) {
            double price = a->cost[e] - m->v[a->slot[e]];
            if (price < cheapest || (price == cheapest && best < 0)) best = a->slot[e], cheapest = price;
        }
        if (best < 0) continue;
        if (m->plot_of[best] < 0) {
            m->u[row] = cheapest;
            m->track_of[row] = best;
            m->plot_of[best] = row;
        } else
            augment(a, m, row);
    }
}

/* ---- life of a track ---- */

static void renew(const Node *n, const Turn *turn, long s, long q) {
    update(n->tracks->x + 6 * s, n->tracks->p + 21 * s, n->plots->pos + 3 * q, n->plots->cov + 6 * q,
           turn->t1 - n->plots->t[q]);
    measure(n, s, sqrt(n->z->gate), turn->t1 - turn->t0);
    widen(n, s, n->tracks->status[s] - TENTATIVE);
}

static void saw(const Node *n, const Turn *turn, long s, long q) {
    double *look = n->tracks->radar_t + s * n->z->radars + turn->local;
    *look = dmax(*look, n->plots->t[q]);
}

static double nis(const Node *n, long row, long s) {
    const Pairs *a = n->pairs;
    if (s < 0) return NAN;
    long e = a->first[row];
    while (a->slot[e] != s) e++;
    return a->cost[e] + a->base[row] - a->size[e];
}

static void take(const Node *n, const Turn *turn) {
    for (long q = turn->first; q < turn->last; q++) {
        long s = n->m->track_of[q - turn->first];
        n->nis[q] = nis(n, q - turn->first, s);
        if (s < 0) continue;
        renew(n, turn, s, q);
        saw(n, turn, s, q);
    }
}

static void begin(const Node *n, const Turn *turn, long s, long q, double density) {
    double *x = n->tracks->x + 6 * s, *p = n->tracks->p + 21 * s;
    for (int i = 0; i < 3; i++) x[i] = n->plots->pos[3 * q + i], x[i + 3] = 0.0;
    for (int i = 0; i < 6; i++) p[i] = n->plots->cov[6 * q + i];
    for (int i = 6; i < 21; i++) p[i] = 0.0;
    p[15] = p[18] = p[20] = n->z->speed * n->z->speed;
    predict(x, p, turn->t1 - n->plots->t[q], density);
}

static void enter(const Node *n, const Turn *turn, long s) {
    n->grid->live[n->grid->count[0]++] = s;
    measure(n, s, sqrt(n->z->gate), turn->t1 - turn->t0);
    lie(n, s);
    widen(n, s, 0);
    put(n, 0, s);
}

static void start(const Node *n, const Turn *turn, double density) {
    long empty = 0;
    for (long q = turn->first; q < turn->last; q++) {
        if (n->m->track_of[q - turn->first] >= 0 || !n->plots->starts[q]) continue;
        long s = seen_before(n, turn, q);
        if (s >= 0) {
            renew(n, turn, s, q);
        } else {
            while (empty < n->z->slots && n->tracks->status[empty] != FREE) empty++;
            if (empty == n->z->slots) {
                n->tracks->dropped[0]++;
                continue;
            }
            s = empty;
            n->tracks->status[s] = TENTATIVE;
            for (long k = 0; k < n->z->radars; k++) n->tracks->radar_t[s * n->z->radars + k] = NEVER;
            begin(n, turn, s, q, density);
            enter(n, turn, s);
        }
        saw(n, turn, s, q);
        n->m->track_of[q - turn->first] = s;
    }
}

static void count(const Node *n, const Turn *turn) {
    const Tracks *k = n->tracks;
    for (long q = turn->first; q < turn->last; q++) {
        long s = n->m->track_of[q - turn->first];
        n->taken[q] = 0;
        if (s < 0) continue;
        double t = n->plots->t[q];
        int reply = n->plots->reply[q];
        if (k->hits[s] == 0) {
            k->number[s] = k->next_number[0]++;
            k->t_first[s] = k->t_update[s] = t;
            k->luck[s] = n->plots->luck[q];
            for (int g = 0; g < 3; g++) k->asked[3 * s + g] = k->answered[3 * s + g] = 0;
        }
        k->hits[s]++;
        for (int g = 0; g < 3; g++) {
            k->asked[3 * s + g] += (reply & GROUPS[g]) != 0;
            k->answered[3 * s + g] += ((reply >> 8) & GROUPS[g]) != 0;
        }
        k->t_update[s] = dmax(k->t_update[s], t);
        k->plot[s] = (int32_t)q;
        n->taken[q] = k->number[s];
    }
}

static void settle(const Node *n, double t1) {
    const Tracks *k = n->tracks;
    for (long i = 0; i < n->grid->count[0]; i++) {
        long s = n->grid->live[i];
        if (k->status[s] == TENTATIVE) {
            if (k->hits[s] >= n->z->hits && k->t_update[s] - k->t_first[s] <= n->z->window)
                k->status[s] = FIRM;
            else if (t1 - k->t_first[s] > n->z->window)
                k->status[s] = FREE;
        } else if (k->status[s] == FIRM && t1 - k->t_update[s] > n->z->coast)
            k->status[s] = FREE;
        if (k->status[s] == FREE) k->hits[s] = 0, k->plot[s] = -1;
    }
}

static void tick(const Node *n, const int64_t *first, double t0, double t1) {
    double density = n->z->accel * n->z->accel;
    list_live(n);
    for (long k = 0; k < n->grid->count[0]; k++) {
        long s = n->grid->live[k];
        predict(n->tracks->x + 6 * s, n->tracks->p + 21 * s, t1 - t0, density);
        n->tracks->plot[s] = -1;
    }
    Turn turn = {0, 0, 0, t0, t1};
    list_tracks(n, sqrt(n->z->gate), t1 - t0);
    for (long r = 0; r < n->z->radars; r++) {
        turn.first = first[r], turn.last = first[r + 1], turn.local = r;
        if (turn.first == turn.last) continue;
        pair_up(n, &turn);
        assign(n->pairs, n->m, turn.last - turn.first);
        take(n, &turn);
        start(n, &turn, density);
        count(n, &turn);
    }
    settle(n, t1);
}

void track_ticks(const Sizes *z, const Plots *plots, const Tracks *tracks, const Grid *grid, const Pairs *pairs,
                 const Matching *m, int64_t *taken, double *nis, const int64_t *first, const double *times, const Log *log) {
    Node n = {z, plots, tracks, grid, pairs, m, taken, nis};
    long row = 0;
    for (long k = 0; k < z->ticks; k++) {
        tick(&n, first + k * (z->radars + 1), times[k], times[k + 1]);
        for (long s = 0; s < z->slots; s++) {
            if (tracks->status[s] != FIRM || row >= z->log_room) continue;
            log->tick[row] = k, log->number[row] = tracks->number[s];
            log->t_update[row] = tracks->t_update[s];
            for (int i = 0; i < 6; i++) log->x[6 * row + i] = tracks->x[6 * s + i];
            for (int i = 0; i < 21; i++) log->p[21 * row + i] = tracks->p[21 * s + i];
            row++;
        }
    }
    log->count[0] = row;
}
