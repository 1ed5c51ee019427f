// limit1.c: the toy pathway of a daily simulation, dense daily steps, with the knobs that decide its speed.
//   -DREAL=float        single precision effects (accumulators too); flushes denormals (pl decays below 1e-38)
//   -DP=256             patients per panel (13 arrays; P=256 doubles = 26 KB, inside a 48 KB L1d)
//   -DEV=0|1            0: scan every patient's due day each day  1: calendar, one list per day
//   -DTIMEOUTER=1       day outer over ALL patients, one global set of arrays (memory bound when N is large)
//   SIMD is just gcc's -mavx2 / -march=native; -fopenmp for threads (over panels)
// Random numbers are keyed by (seed, patient, day, channel), so every variant here sees the SAME draws
// and must agree to rounding: double to ~1e-9 in mean QALY, float to ~1e-4.
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <math.h>
#include <time.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __SSE__
#include <immintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif
#ifndef REAL
#define REAL double
#endif
#ifndef P
#define P 256
#endif
#ifndef EV
#define EV 1
#endif
#ifndef TIMEOUTER
#define TIMEOUTER 0
#endif
static double now(){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+1e-9*t.tv_nsec;}
static inline uint64_t mix(uint64_t x){x^=x>>30;x*=0xbf58476d1ce4e5b9ULL;x^=x>>27;x*=0x94d049bb133111ebULL;x^=x>>31;return x;}
static inline double uni(uint64_t seed,uint64_t id,uint64_t day,uint64_t ch){uint64_t k=mix(seed+id*0x9e3779b97f4a7c15ULL);k=mix(k^(day<<8|ch));return (k>>11)*0x1p-53;}
static void ftz(void){
#ifdef __SSE__
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON); _mm_setcsr(_mm_getcsr()|0x40);
#endif
}
typedef struct {REAL *base,*ek,*rk,*e1,*e2,*pl,*qaly,*ps,*cost,*mg;int32_t *due,*n,*ab,*next;} S;
static S mk(long n){S s;REAL**r=(REAL**)&s;for(int i=0;i<10;i++){r[i]=aligned_alloc(64,(n*sizeof(REAL)+63)/64*64);memset(r[i],0,n*sizeof(REAL));}
  int32_t**q=&s.due;for(int i=0;i<4;i++){q[i]=aligned_alloc(64,(n*4+63)/64*64);memset(q[i],0,n*4);}return s;}
static void rm(S s){REAL**r=(REAL**)&s;for(int i=0;i<10;i++)free(r[i]);int32_t**q=&s.due;for(int i=0;i<4;i++)free(q[i]);}
static inline void birth(S*s,long i,uint64_t id,int gap){s->base[i]=4+5*uni(1,id,0,0);s->rk[i]=exp(-log(2)/(5+12*uni(1,id,0,1)));s->pl[i]=0.1*uni(1,id,0,2);s->due[i]=(int)(gap*uni(1,id,0,3));}
static inline void event(S*s,long i,uint64_t id,int d,int gap,REAL dd){
  double u1=uni(1,id,d,4),u2=uni(1,id,d,5),u3=uni(1,id,d,6);
  s->mg[i]+=80*(0.5+u1);s->ek[i]+=(1-s->ek[i])*(REAL)(0.1*u2);s->cost[i]+=600*dd;s->n[i]++;s->due[i]=d+1+(int)(2*gap*u3);}
static inline void day(S*restrict s,long a,long b,REAL dd,REAL r1,REAL r2,REAL rp){
  REAL*restrict base=s->base,*restrict ekp=s->ek,*restrict rk=s->rk,*restrict e1p=s->e1,*restrict e2p=s->e2,*restrict plp=s->pl,*restrict q=s->qaly,*restrict ps=s->ps;int32_t*restrict ab=s->ab;
  #pragma GCC ivdep
  for(long i=a;i<b;i++){
    REAL ek=ekp[i]*rk[i],e1=e1p[i]*r1,e2=e2p[i]*r2,pl=plp[i]*rp;
    ekp[i]=ek;e1p[i]=e1;e2p[i]=e2;plp[i]=pl;
    REAL pain=base[i]*(1-ek)*(1-e1)*(1-e2)*(1-pl),u=(REAL)0.85-(REAL)0.06*pain;
    q[i]+=u*dd;ps[i]+=pain;ab[i]+=pain>=(REAL)4.0;
  }}
int main(int argc,char**argv){
  long N=argc>1?atol(argv[1]):102400;int D=argc>2?atoi(argv[2]):3650,gap=argc>3?atoi(argv[3]):30;
  REAL r1=exp(-1/60.),r2=exp(-1/90.),rp=exp(-1/30.);
  REAL*disc=malloc(sizeof(REAL)*D);for(int d=0;d<D;d++)disc[d]=pow(1.035,-d/365.25)/365.25;
  double tot=0,tmg=0,tot_ps=0;long ev=0,tab=0;int thr=1;double t0=now();
#if TIMEOUTER
  S s=mk(N);for(long i=0;i<N;i++)birth(&s,i,i,gap);
#ifdef _OPENMP
  thr=omp_get_max_threads();
#endif
  double tb=now();
  #pragma omp parallel num_threads(thr)
  {ftz();
#ifdef _OPENMP
   int me=omp_get_thread_num();
#else
   int me=0;
#endif
   long a=N*me/thr,b=N*(me+1)/thr;
   for(int d=0;d<D;d++){day(&s,a,b,disc[d],r1,r2,rp);for(long i=a;i<b;i++)if(s.due[i]==d)event(&s,i,i,d,gap,disc[d]);}}
  double t=now()-t0,tl=now()-tb;
  for(long i=0;i<N;i++){tot+=s.qaly[i];tmg+=s.mg[i];ev+=s.n[i];tab+=s.ab[i];tot_ps+=s.ps[i];}
#else
  long np=(N+P-1)/P;double tl;
  #pragma omp parallel reduction(+:tot,tmg,ev,tab,tot_ps)
  {ftz();
#ifdef _OPENMP
   #pragma omp single
   thr=omp_get_num_threads();
#endif
   S s=mk(P);int32_t*head=malloc(4*(D+1));
   #pragma omp for schedule(dynamic,4)
   for(long p=0;p<np;p++){
    long id0=p*P,m=N-id0<P?N-id0:P;
    for(long i=0;i<P;i++){s.ek[i]=s.e1[i]=s.e2[i]=s.qaly[i]=s.ps[i]=s.cost[i]=s.mg[i]=0;s.n[i]=s.ab[i]=0;s.base[i]=s.rk[i]=s.pl[i]=0;}
    for(int d=0;d<=D;d++)head[d]=-1;
    for(long i=0;i<m;i++){birth(&s,i,id0+i,gap);
#if EV
      int t=s.due[i]<D?s.due[i]:D;s.next[i]=head[t];head[t]=i;
#endif
    }
    for(int d=0;d<D;d++){
      day(&s,0,P,disc[d],r1,r2,rp);
#if EV
      for(int i=head[d];i>=0;){int nx=s.next[i];event(&s,i,id0+i,d,gap,disc[d]);int t=s.due[i]<D?s.due[i]:D;s.next[i]=head[t];head[t]=i;i=nx;}
#else
      for(int i=0;i<m;i++)if(s.due[i]==d)event(&s,i,id0+i,d,gap,disc[d]);
#endif
    }
    for(int i=0;i<m;i++){tot+=s.qaly[i];tmg+=s.mg[i];ev+=s.n[i];tab+=s.ab[i];tot_ps+=s.ps[i];}
   }
   rm(s);free(head);}
  double t=now()-t0;tl=t;
#endif
  struct rusage ru;getrusage(RUSAGE_SELF,&ru);
  double pd=(double)N*D;
  printf("{\"peer\":\"limit1\",\"real\":%d,\"P\":%d,\"ev\":%d,\"timeouter\":%d,\"threads\":%d,\"N\":%ld,\"D\":%d,\"time\":%.4f,\"pdps\":%.4g,\"ns_pd\":%.4f,\"events\":%.3f,\"qaly\":%.6f,\"mg\":%.3f,\"above\":%.3f,\"painsum\":%.3f,\"rss_mb\":%.1f}\n",
    (int)sizeof(REAL),P,EV,TIMEOUTER,thr,N,D,t,pd/tl,1e9*tl/pd,(double)ev/N,tot/N,tmg/N,(double)tab/N,tot_ps/N,ru.ru_maxrss/1024.);
}
